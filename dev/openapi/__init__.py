"""The API's OpenAPI document, read from the code: template, handlers, use cases, errors, samples."""
