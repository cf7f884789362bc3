"""A child: the record with everything of it, contact attempts, interviews that cover several absences."""
