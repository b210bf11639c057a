//! Colours in style sheets: named ones found, turned over for the dark, and swapped for another hue.

/// `--name` and its value, as `:root` first gives them.
pub(super) fn variables(css: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in css.lines() {
        let Some((name, value)) = line.trim().trim_end_matches(';').split_once(':') else { continue };
        if name.starts_with("--") && !found.iter().any(|(known, _)| known == name) {
            found.push((name.into(), value.trim().into()));
        }
    }
    found
}

/// The same hue, with its lightness turned over. `None` when the value is no plain hex colour.
pub(super) fn dark(value: &str) -> Option<String> {
    let (hue, saturation, lightness) = hsl(value)?;
    // Not to the very ends: paper is no lamp, and a night is not black.
    let turned = 0.94 - lightness * 0.84;
    Some(hex(hue, saturation * 0.85, turned))
}

/// Whether it is a colour rather than a grey.
pub(super) fn is_vivid(value: &str) -> bool {
    hsl(value).is_some_and(|(_, saturation, lightness)| saturation > 0.2 && (0.2..0.8).contains(&lightness))
}

/// Words for colours, with a shade for light pages and one for dark ones; both readable as text.
pub(super) const NAMED: &[(&str, &str, &str)] = &[
    ("red", "#b3372f", "#f0938b"),
    ("orange", "#a8540f", "#f0a868"),
    ("amber", "#8a6100", "#e8bd55"),
    ("yellow", "#7d6608", "#e6cf5c"),
    ("green", "#2f7038", "#8fcf97"),
    ("teal", "#0b6e69", "#63c7bf"),
    ("turquoise", "#0b6e69", "#63c7bf"),
    ("blue", "#1f5fa8", "#8ebdf0"),
    ("indigo", "#4a4fb5", "#a9adf2"),
    ("purple", "#7040a8", "#c6a2ee"),
    ("violet", "#7040a8", "#c6a2ee"),
    ("pink", "#a83271", "#f09cc8"),
    ("magenta", "#a83271", "#f09cc8"),
    ("brown", "#75502f", "#cda782"),
    ("grey", "#5b636c", "#a3abb5"),
    ("gray", "#5b636c", "#a3abb5"),
];

/// Hue in degrees, saturation and lightness from 0 to 1.
fn hsl(value: &str) -> Option<(f64, f64, f64)> {
    let digits = value.trim().strip_prefix('#')?;
    let wide: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => digits.into(),
        _ => return None,
    };
    let part =
        |at: usize| u8::from_str_radix(wide.get(at..at + 2)?, 16).ok().map(|part| f64::from(part) / 255.0);
    let (red, green, blue) = (part(0)?, part(2)?, part(4)?);
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let (spread, lightness) = (most - least, f64::midpoint(most, least));
    if spread == 0.0 {
        return Some((0.0, 0.0, lightness));
    }
    let saturation = spread / (1.0 - (2.0 * lightness - 1.0).abs());
    let hue = if most == red {
        60.0 * ((green - blue) / spread).rem_euclid(6.0)
    } else if most == green {
        60.0 * ((blue - red) / spread + 2.0)
    } else {
        60.0 * ((red - green) / spread + 4.0)
    };
    Some((hue, saturation, lightness))
}

fn hex(hue: f64, saturation: f64, lightness: f64) -> String {
    let chroma = (1.0 - (2.0 * lightness - 1.0).abs()) * saturation;
    let part = |shift: f64| {
        let place = (shift + hue / 30.0).rem_euclid(12.0);
        let level = lightness - chroma / 2.0 * (place - 3.0).min(9.0 - place).clamp(-1.0, 1.0);
        format!("{:02x}", (level * 255.0).round().clamp(0.0, 255.0) as u8)
    };
    format!("#{}{}{}", part(0.0), part(8.0), part(4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_turns_dark_and_keeps_its_hue() {
        assert_eq!(dark("#ffffff").as_deref(), Some("#191919"));
        assert_eq!(dark("#000").as_deref(), Some("#f0f0f0"));
        let (before, _, _) = hsl("#2a688f").unwrap();
        let (after, _, _) = hsl(&dark("#2a688f").unwrap()).unwrap();
        assert!((before - after).abs() < 3.0, "{before} {after}");
        assert_eq!(dark("rgb(1 2 3)"), None);
    }
}
