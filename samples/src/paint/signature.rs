use tiny_skia::PathBuilder;

use super::Painter;
use crate::random::Random;

const BLUE: [u8; 3] = [34, 52, 150];

impl Painter<'_> {
    /// A signature: slanted loops that run off into a flourish, the pen thinner where it is fast.
    pub(super) fn signature(&mut self, x: f32, y: f32, mut random: Random) {
        let mut pen = (x, y);
        let mut path = Vec::new();
        let loops = random.whole(5, 8);
        for number in 0..loops {
            let height = if number == 0 { random.between(30.0, 42.0) } else { random.between(7.0, 24.0) };
            let advance = random.between(9.0, 17.0);
            let top = (pen.0 + advance * 0.9, pen.1 - height);
            let end = (pen.0 + advance, y + random.between(-4.0, 5.0));
            path.push((pen, (pen.0 + height * 0.5, pen.1 - height * 0.4), (top.0 + 7.0, top.1 - 3.0), top));
            path.push((top, (top.0 - 9.0, top.1 + 2.0), (end.0 - height * 0.35, end.1 + 2.0), end));
            pen = end;
        }
        let sweep = (x - random.between(0.0, 12.0), y + random.between(8.0, 15.0));
        let end = (x + random.between(90.0, 128.0), y + random.between(-6.0, 6.0));
        path.push((pen, (pen.0 + 26.0, pen.1 + 16.0), (sweep.0 + 34.0, sweep.1 + 10.0), sweep));
        path.push((sweep, (sweep.0 + 30.0, sweep.1 - 12.0), (end.0 - 40.0, end.1 + 9.0), end));
        for (from, first, second, to) in path {
            let mut curve = PathBuilder::new();
            curve.move_to(from.0, from.1);
            curve.cubic_to(first.0, first.1, second.0, second.1, to.0, to.1);
            if let Some(curve) = curve.finish() {
                let length = (to.0 - from.0).hypot(to.1 - from.1);
                self.stroke(&curve, BLUE, 0.9, (1.9 - length / 60.0).clamp(0.8, 1.7));
            }
        }
    }
}
