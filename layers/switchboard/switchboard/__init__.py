"""Switchboard: the session backend for realtime voice, ChatKit and text agents."""
