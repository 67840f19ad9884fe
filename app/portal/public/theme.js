// Before the first paint: the theme that was chosen, if one was.
try {
  var theme = localStorage.getItem('vaultterm.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's theme holds.
}
