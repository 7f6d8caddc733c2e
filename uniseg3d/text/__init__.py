"""Class lists, tokenizers and prompt words."""
