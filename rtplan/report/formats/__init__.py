"""One format a module: text, HTML, Excel, CSV, iCalendar, frames, figures."""
