const reasons = [
  { title: 'Baked at four', text: 'Every loaf leaves the oven the morning you eat it.' },
  { title: 'Three grains', text: 'Rye, spelt and wheat from farms we can cycle to.' },
  { title: 'At your door', text: 'By bicycle before seven, in a bag that comes back.' },
]

export function App() {
  return (
    <main>
      <header style={{ padding: '8vh 0' }}>
        <p className="soft">The Corner Oven</p>
        <h1 style={{ fontSize: 'clamp(2.5rem, 9vw, 5rem)' }}>Bread worth getting up for.</h1>
        <p className="soft" style={{ maxWidth: '34rem', fontSize: '1.2rem' }}>
          A small bakery with one oven, four people and a long morning.
        </p>
        <a className="button" href="#order">
          Order for tomorrow
        </a>
      </header>
      <div className="row" style={{ alignItems: 'stretch' }}>
        {reasons.map((reason) => (
          <section key={reason.title} className="card" style={{ flex: 1, minWidth: '14rem' }}>
            <h2 style={{ margin: 0, fontSize: '1.2rem' }}>{reason.title}</h2>
            <p className="soft">{reason.text}</p>
          </section>
        ))}
      </div>
      <form id="order" className="row" style={{ marginTop: '3rem' }} onSubmit={(event) => event.preventDefault()}>
        <input type="email" required aria-label="Your e-mail address" placeholder="you@example.com" />
        <button type="submit">Keep me a loaf</button>
      </form>
    </main>
  )
}
