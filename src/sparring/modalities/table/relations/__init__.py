"""Relations between columns that hold in every row: how they are found, and how rows are made to keep them."""
