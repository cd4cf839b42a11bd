"""Many Freshsales accounts, read by tasks of Apache Airflow."""
