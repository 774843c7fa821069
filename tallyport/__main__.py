"""`python -m tallyport` is the `tallyport` command."""

from tallyport.cli import app

if __name__ == "__main__":
    app(prog_name="tallyport")
