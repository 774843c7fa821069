"""The five laws of the line, each over scripts of what readers tell."""
