// Builds the page into dist/, which the server embeds. In development it proxies the API of a running server: the file in
// TIDEMARK_READY_FILE (scripts/dev sets it) says where that is.
import { readFileSync } from 'node:fs'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

function running(): string {
  const file = process.env['TIDEMARK_READY_FILE']
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as { url: string }).url : 'http://127.0.0.1:4717'
}

export default defineConfig(({ command }) => ({
  plugins: [react()],
  build: { target: 'es2023', chunkSizeWarningLimit: 8000, sourcemap: false, assetsInlineLimit: 0 },
  worker: { format: 'es' },
  server:
    command === 'serve'
      ? {
          host: '127.0.0.1',
          proxy: { '/api': { target: running(), changeOrigin: true, headers: { origin: running() } } },
        }
      : {},
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] },
}))
