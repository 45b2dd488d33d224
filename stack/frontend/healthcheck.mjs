// Exit 0 when the development server delivers its page.
const response = await fetch("http://127.0.0.1:5173/health.json").catch(() => undefined);
process.exitCode = response?.ok ? 0 : 1;
