// The mark: a gauge block cut by one wave, with a notch in its edge.
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M2 7.5A5.5 5.5 0 0 1 7.5 2h9A5.5 5.5 0 0 1 22 7.5h-5.1a.9.9 0 0 0 0 1.8H22v3.1C18.5 15.6 15.5 15.2 12 13S5.5 10.4 2 13.4z" />
      <path d="M2 15.4C5.5 12.4 8.5 12.8 12 15s6.5 2.6 10-.6v2.1a5.5 5.5 0 0 1-5.5 5.5h-9A5.5 5.5 0 0 1 2 16.5z" />
    </svg>
  )
}
