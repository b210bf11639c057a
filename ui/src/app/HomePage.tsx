// Home: what do you want to make, templates, what you worked on.
export function HomePage() {
  return <main />
}
