// Whether a value came back as it was sent. An object may come back with more keys than were sent (a Field with its alias).
export const echoes = (got, sent) =>
  sent?.constructor === Object
    ? Object.entries(sent).every(([k, v]) => echoes(got?.[k], v))
    : JSON.stringify(got) === JSON.stringify(sent);
