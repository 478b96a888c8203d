"""What the networks that classify whole sequences share: words, examples, batches, training in stages."""
