"""The five laws, over scripts of reads."""
