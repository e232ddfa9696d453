"""The self-hosted ChatKit server: needs `openai-chatkit`, which only `functions/chatkit` has."""
