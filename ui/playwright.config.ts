// End-to-end tests: `chromium` drives the built interface in real Chromium against the real server, `desktop` drives the
// real window by WebDriver. Neither downloads a browser: Debian's are used (scripts/setup test).
import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 120_000,
  expect: { timeout: 20_000 },
  workers: 1,
  retries: 0,
  reporter: [['list']],
  use: {
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    // Costs more time than the tests; to look into one: npx playwright test --trace on.
    trace: 'off',
  },
  projects: [
    { name: 'chromium', testMatch: /.*\.spec\.ts/, testIgnore: /desktop|screenshots|bench/ },
    { name: 'desktop', testMatch: /desktop\.spec\.ts/ },
    { name: 'screenshots', testMatch: /screenshots\.spec\.ts/ },
    { name: 'bench', testMatch: /bench\.spec\.ts/ },
  ],
})
