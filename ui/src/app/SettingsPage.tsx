// Settings, one section at a time.
export function SettingsPage({ section }: { section: string }) {
  return <main data-section={section} />
}
