// Pictures of every screen and state, light and dark, from the real server and the real page. They go to test-results/pictures;
// README's are in e2e/pictures, copied after a look. Run: npx playwright test --project=screenshots
import { expect, type Page, test } from '@playwright/test'
import { type House, startHouse } from './house'
import { ask, openStudio, previewIsLive } from './studio'

const THEMES = ['light', 'dark'] as const
let house: House | undefined

test.afterEach(async () => {
  await house?.stop()
  house = undefined
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

  test(`studio, review and explain, ${theme}`, async ({ page }) => {
    house = await start(theme, true)
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

  test(`the engine goes away, ${theme}`, async ({ page }) => {
    house = await start(theme, true)
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

async function start(theme: string, demo = false): Promise<House> {
  const started = await startHouse({ demo })
  const settings = await started.api<object>('GET', '/api/settings')
  await started.api('PUT', '/api/settings', { ...settings, theme })
  return started
}
