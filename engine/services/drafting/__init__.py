"""Changing the procedure: drafts kept on the server, saved as people work, put forward, signed and published.

drafts.py reads them, saving.py writes them, remarks.py holds comments, review.py puts a draft forward to quality
assurance, publishing.py brings a version into force, exchange.py takes packs in and out as ordinary files.
"""
