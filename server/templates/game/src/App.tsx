import { useEffect, useRef, useState } from 'react'

const width = 640
const height = 360

export function App() {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [score, setScore] = useState(0)

  useEffect(() => {
    const pen = canvas.current?.getContext('2d')
    if (!pen) return
    const held = new Set<string>()
    const boat = { x: width / 2, y: height / 2 }
    let shell = { x: 100, y: 100 }
    let last = performance.now()
    let frame = 0
    const down = (event: KeyboardEvent) => {
      if (event.key.startsWith('Arrow')) event.preventDefault()
      held.add(event.key)
    }
    const up = (event: KeyboardEvent) => held.delete(event.key)
    const step = (now: number) => {
      const far = Math.min(now - last, 50) * 0.25
      last = now
      if (held.has('ArrowLeft')) boat.x -= far
      if (held.has('ArrowRight')) boat.x += far
      if (held.has('ArrowUp')) boat.y -= far
      if (held.has('ArrowDown')) boat.y += far
      boat.x = Math.max(16, Math.min(width - 16, boat.x))
      boat.y = Math.max(16, Math.min(height - 16, boat.y))
      if (Math.hypot(boat.x - shell.x, boat.y - shell.y) < 28) {
        shell = { x: 30 + Math.random() * (width - 60), y: 30 + Math.random() * (height - 60) }
        setScore((score) => score + 1)
      }
      pen.fillStyle = '#0d4a63'
      pen.fillRect(0, 0, width, height)
      pen.fillStyle = '#f4d9a8'
      pen.beginPath()
      pen.arc(shell.x, shell.y, 10, 0, Math.PI * 2)
      pen.fill()
      pen.fillStyle = '#ffffff'
      pen.beginPath()
      pen.moveTo(boat.x, boat.y - 18)
      pen.lineTo(boat.x + 16, boat.y + 12)
      pen.lineTo(boat.x - 16, boat.y + 12)
      pen.fill()
      frame = requestAnimationFrame(step)
    }
    window.addEventListener('keydown', down)
    window.addEventListener('keyup', up)
    frame = requestAnimationFrame(step)
    return () => {
      cancelAnimationFrame(frame)
      window.removeEventListener('keydown', down)
      window.removeEventListener('keyup', up)
    }
  }, [])

  return (
    <main>
      <h1>Shells</h1>
      <p className="soft">Sail with the arrow keys. Collect shells.</p>
      <p aria-live="polite">Score: {score}</p>
      <canvas ref={canvas} width={width} height={height} aria-label="The sea, a boat and a shell" style={{ width: '100%', borderRadius: '0.75rem' }} />
    </main>
  )
}
