"""What may be kept in Redis instead of the table: the quotas' buckets."""
