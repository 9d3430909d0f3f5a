"""Lines put together to series: `assembler` line by line, `halves` what stands on lines of its own, `open_series`."""
