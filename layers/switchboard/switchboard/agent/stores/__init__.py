"""Where sessions of the text agent are kept: memory, Redis or DynamoDB, behind one contract."""
