/** A whole number of a query string as a number, for a `Transform`; any other value stays, for the validation to refuse. */
export const queryNumber = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
