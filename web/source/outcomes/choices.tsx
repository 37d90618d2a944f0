import { address } from "./route.ts";

interface Properties {
  /** What they are, for who hears them. */
  label: string;
  /** How it is said that nothing is chosen. */
  all: string;
  path: string;
  /** The parameter of the address that has the choice. */
  parameter: string;
  values: string[];
  chosen: string | null;
}

/** Links to the same page for one of several alone. */
export function Choices({ label, all, path, parameter, values, chosen }: Properties) {
  const link = (value: string | null, text: string) => (
    <a
      key={text}
      href={address(value === null ? path : `${path}?${parameter}=${encodeURIComponent(value)}`)}
      aria-current={chosen === value ? "true" : undefined}
    >
      {text}
    </a>
  );
  return (
    <nav className="choices" aria-label={label}>
      {link(null, all)}
      {values.map((value) => link(value, value))}
    </nav>
  );
}
