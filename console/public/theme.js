// Before the first paint, so that a chosen theme does not follow a flash of the other one.
try {
  const theme = localStorage.getItem("busbar-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows the theme of its system.
}
