// Pictures of every screen and state, light and dark, from the real server and the real page. They go to test-results/pictures;
// README's are in e2e/pictures, copied after a look. Run: npx playwright test --project=screenshots
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { type FakeLlm, startFakeLlm } from './fake-llm'
import { type House, type HouseOptions, startHouse } from './house'
import { ask, change, chooseMode, hunksIn, onlyProject, openStudio, previewIsLive } from './studio'

const THEMES = ['light', 'dark'] as const
let house: House | undefined
let fake: FakeLlm | undefined

test.afterEach(async () => {
  await house?.stop()
  await fake?.stop()
  house = fake = undefined
})

for (const theme of THEMES) {
  const shoot = async (page: Page, name: string) => {
    await page.mouse.move(620, 899)
    await page.screenshot({ path: `test-results/pictures/${name}-${theme}.png` })
  }

  test(`home and settings, ${theme}`, async ({ page }) => {
    house = await start(theme)
    await page.goto(house.launchUrl)
    await expect(page.getByRole('main', { name: 'Home' })).toBeVisible()
    await shoot(page, 'home')
    for (const section of ['models', 'appearance', 'editor', 'keyboard', 'about']) {
      await page.goto(`${house.url}/settings/${section}`)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await shoot(page, `settings-${section}`)
    }
  })

  test(`studio and review, ${theme}`, async ({ page }) => {
    house = await start(theme, { demo: true })
    await openStudio(page, house)
    await shoot(page, 'studio-loading')
    await previewIsLive(page)
    await shoot(page, 'studio-empty')
    await ask(page, 'Show which beds need water today')
    await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
    await page.getByRole('treeitem', { name: /App\.tsx/ }).click()
    await expect(page.getByTestId('review-bar')).toBeVisible()
    await previewIsLive(page)
    await page.waitForTimeout(1500)
    await shoot(page, 'studio')
    await page.getByTestId('open-review').click()
    await expect(page.getByTestId('review').getByTestId('hunk').first()).toBeVisible()
    await shoot(page, 'review')
    await page.getByRole('button', { name: 'Columns' }).or(page.getByTitle('Side by side')).first().click()
    await shoot(page, 'review-columns')
  })

  test(`explain, ${theme}`, async ({ page }) => {
    house = await start(theme, { demo: true })
    await openStudio(page, house)
    await previewIsLive(page)
    await chooseMode(page, 'Explain')
    await ask(page, 'How does the rain strip work?')
    await page.getByTestId('reference').first().click({ timeout: 60_000 })
    await page.waitForTimeout(800)
    await shoot(page, 'explain')
  })

  test(`without a network, ${theme}`, async ({ page }) => {
    house = await start(theme, { demo: true })
    const project = await onlyProject(house)
    // Nothing of this package was ever fetched, and its registry is not there.
    writeFileSync(join(project.path, '.npmrc'), 'registry=http://127.0.0.1:9/\n')
    change(project, 'package.json', '"react": ', '"date-fns": "4.1.0",\n    "react": ')
    change(project, 'src/App.tsx', "from 'react'", "from 'react'\nimport { format } from 'date-fns'")
    // The page's word for it only: the engine is on this computer, and stays in reach.
    await page.addInitScript(() => Object.defineProperty(navigator, 'onLine', { get: () => false }))
    await openStudio(page, house)
    await expect(page.getByText('Packages are missing')).toBeVisible({ timeout: 60_000 })
    await shoot(page, 'studio-offline')
  })

  test(`what can go wrong, ${theme}`, async ({ page }) => {
    fake = await startFakeLlm({ key: 'the-right-one', models: ['fake-model'], turns: [] })
    house = await start(theme, {
      demo: true,
      env: { ANTHROPIC_BASE_URL: fake.url, ANTHROPIC_API_KEY: 'the-wrong-one' },
    })
    const project = await onlyProject(house)
    await openStudio(page, house)
    await previewIsLive(page)
    change(project, 'src/App.tsx', 'return (', 'return ((')
    await expect(page.getByTestId('error-place')).toBeVisible()
    await page.getByTestId('dock-problems').click()
    await page.waitForTimeout(3000)
    await shoot(page, 'error-preview')

    change(project, 'src/App.tsx', 'return ((', 'return (')
    await page.getByTestId('dock-problems').click()
    await previewIsLive(page)
    await ask(page, 'Show which beds need water today')
    await expect(page.getByTestId('task-failed')).toBeVisible({ timeout: 60_000 })
    await shoot(page, 'error-key')

    await page.getByTestId('code-editor').click()
    await page.keyboard.press('Control+Home')
    await page.keyboard.type('// mine\n')
    change(project, 'src/App.tsx', '<h1>Plot 14</h1>', '<h1>Plot 15</h1>')
    await expect(page.getByTestId('clash')).toBeVisible()
    await shoot(page, 'error-clash')
    await page.getByTestId('clash').getByRole('button', { name: 'Take theirs' }).click()

    await house.api('PATCH', `/api/projects/${project.id}`, { model: 'demo/guide' })
    await page.reload()
    await ask(page, 'Change the heading to “Garden diary”')
    await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
    change(project, 'src/App.tsx', '<h1>Plot 15</h1>', '<h1>My own words</h1>')
    await page.getByTestId('open-review').click()
    await hunksIn(page, 'src/App.tsx').getByTestId('keep-hunk').click()
    await expect(page.getByTestId('conflicts')).toBeVisible()
    await shoot(page, 'error-conflict')

    renameSync(project.path, `${project.path}-away`)
    await page.goto(`${house.url}/p/${project.id}`)
    await expect(page.getByText(/is not there/).first()).toBeVisible()
    await shoot(page, 'error-folder-gone')
    renameSync(`${project.path}-away`, project.path)
  })

  test(`the engine goes away, ${theme}`, async ({ page }) => {
    house = await start(theme, { demo: true })
    await openStudio(page, house)
    await previewIsLive(page)
    process.kill(house.pid, 'SIGKILL')
    await expect(
      page
        .getByRole('status')
        .filter({ hasText: /engine/i })
        .first(),
    ).toBeVisible()
    await shoot(page, 'studio-engine-away')
    house = undefined
  })
}

async function start(theme: string, options: HouseOptions = {}): Promise<House> {
  const started = await startHouse(options)
  const settings = await started.api<object>('GET', '/api/settings')
  await started.api('PUT', '/api/settings', { ...settings, theme })
  return started
}
