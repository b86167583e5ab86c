//! Times as people and programs read them: RFC 3339, in UTC.

use agon_types::TimeMs;

const DAY_MS: u64 = 86_400_000;
/// The last millisecond that four digits of a year can name.
const LAST_MS: u64 = 253_402_300_799_999;

/// Year, month and day of a number of days since 1970, by the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years begin in March here, so that the leap day is the last one; an era is 400 of them.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// `2026-11-20T22:10:56.123Z`
pub(crate) fn rfc3339(time: TimeMs) -> String {
    let ms = time.0.min(LAST_MS);
    let (year, month, day) = civil(ms / DAY_MS);
    let of_day = ms % DAY_MS;
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, rest) = (of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{rest:03}Z")
}

/// `2026-11-20 22:10:56`, for pages; the whole is in the attribute beside it.
pub(crate) fn for_people(rfc3339: &str) -> String {
    rfc3339.split('.').next().unwrap_or_default().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_other_clocks() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_795_212_656_007, "2026-11-20T22:10:56.007Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ];
        for (ms, text) in cases {
            assert_eq!(rfc3339(TimeMs(ms)), text);
        }
        assert_eq!(for_people("2026-11-20T22:10:56.007Z"), "2026-11-20 22:10:56");
    }
}
