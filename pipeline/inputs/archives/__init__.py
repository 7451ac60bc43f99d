"""Archives of samples: WebDataset tars and TFRecords."""
