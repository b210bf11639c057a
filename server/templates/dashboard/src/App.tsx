const weeks = [
  { name: 'Week 1', orders: 124, visits: 2210 },
  { name: 'Week 2', orders: 151, visits: 2480 },
  { name: 'Week 3', orders: 139, visits: 2390 },
  { name: 'Week 4', orders: 188, visits: 2920 },
  { name: 'Week 5', orders: 204, visits: 3105 },
]

function Bars() {
  const most = Math.max(...weeks.map((week) => week.orders))
  return (
    <svg viewBox="0 0 500 180" role="img" aria-label="Orders by week, as in the table below" style={{ width: '100%' }}>
      {weeks.map((week, at) => {
        const height = (week.orders / most) * 130
        return (
          <g key={week.name} transform={`translate(${at * 100 + 20} 0)`}>
            <rect y={150 - height} width="60" height={height} rx="6" fill="var(--accent)" />
            <text x="30" y="172" textAnchor="middle" fontSize="13" fill="var(--soft)">
              {week.name}
            </text>
          </g>
        )
      })}
    </svg>
  )
}

export function App() {
  const orders = weeks.reduce((sum, week) => sum + week.orders, 0)
  const visits = weeks.reduce((sum, week) => sum + week.visits, 0)
  const numbers = [
    ['Orders', orders.toLocaleString('en')],
    ['Visits', visits.toLocaleString('en')],
    ['Orders per 100 visits', ((orders / visits) * 100).toFixed(1)],
  ]
  return (
    <main>
      <h1>Five weeks</h1>
      <div className="row" style={{ margin: '1.5rem 0' }}>
        {numbers.map(([name, value]) => (
          <div key={name} className="card" style={{ flex: 1, minWidth: '10rem' }}>
            <div className="soft">{name}</div>
            <strong style={{ fontSize: '1.75rem' }}>{value}</strong>
          </div>
        ))}
      </div>
      <section className="card">
        <h2 style={{ margin: 0 }}>Orders</h2>
        <Bars />
        <table style={{ width: '100%', textAlign: 'left' }}>
          <thead>
            <tr>
              <th>Week</th>
              <th>Orders</th>
              <th>Visits</th>
            </tr>
          </thead>
          <tbody>
            {weeks.map((week) => (
              <tr key={week.name}>
                <td>{week.name}</td>
                <td>{week.orders}</td>
                <td>{week.visits}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </main>
  )
}
