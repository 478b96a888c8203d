"""Pages and pictures of what was measured; drawn from the rows that stand in the CSV beside them."""
