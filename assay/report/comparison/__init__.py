"""What people read of a comparison: lines for a terminal, Markdown for a CI step, a section of HTML with bars."""
