"""The one DynamoDB table; how it is laid out is drawn at the top of `table.py`."""
