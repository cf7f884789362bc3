"""Where everything is kept: tables, migrations, the audit chain and the embedded PostgreSQL."""
