// Points all over the plains, like those of the scenario: so many that their buffers outgrow what Lambda answers, and no two
// alike, so that compression does not help. Multiples of irrational numbers: spread evenly, and the same in each run.
export const scattered = (points, n) => ({
  ...points,
  features: Array.from({ length: n }, (_, i) => ({
    geometry: { x: -120 + 40 * (((i + 1) * Math.SQRT2) % 1), y: 30 + 15 * (((i + 1) * Math.E) % 1) },
    attributes: { OBJECTID: i + 1, NAME: 'n' + i },
  })),
});
