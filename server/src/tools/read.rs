//! `read_file`: numbered lines, in parts.

use super::copy::PrivateCopy;
use super::{Answer, Refused, ToolLimits, input};

pub(super) fn read(
    copy: &PrivateCopy,
    limits: &ToolLimits,
    wanted: &input::ReadFile,
) -> Result<Answer, Refused> {
    let path = input::path(&wanted.path)?;
    let file = copy.read_text(&path, limits)?;
    let lines: Vec<_> = file.text.lines().collect();
    if lines.is_empty() {
        return Ok(Answer::done("(the file is empty)".into(), "empty"));
    }
    let start = wanted.start_line.unwrap_or(1);
    let end = wanted.end_line.unwrap_or(usize::MAX).min(lines.len());
    if start > lines.len() {
        return Err(Refused::new(format!("{path} has {} lines; start_line is {start}", lines.len())));
    }
    if end < start {
        return Err(Refused::new(format!("end_line {end} comes before start_line {start}")));
    }
    let mut output = String::new();
    let mut last = start - 1;
    for number in start..=end {
        let line = cut(lines[number - 1], limits.max_line_chars);
        let is_full = output.len() + line.len() > limits.max_answer_bytes && !output.is_empty();
        if is_full || last + 1 - start == limits.max_read_lines {
            break;
        }
        output += &format!("{number}\t{line}\n");
        last = number;
    }
    if last < lines.len() && wanted.end_line.is_none_or(|wanted| last < wanted) {
        output +=
            &format!("… (lines {start}-{last} of {}; go on with start_line {})\n", lines.len(), last + 1);
    }
    let count = last + 1 - start;
    let summary = if count == lines.len() {
        plural(count, "line")
    } else {
        format!("lines {start}–{last} of {}", lines.len())
    };
    Ok(Answer::done(output, summary))
}

pub(super) fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A line of at most `max` characters; what is left out is said.
pub(super) fn cut(line: &str, max: usize) -> String {
    match line.char_indices().nth(max) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}… ({} more bytes in this line)", &line[..end], line.len() - end),
    }
}
