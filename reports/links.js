// A button beside each command; without this script the commands can still be selected.
for (const block of document.querySelectorAll("pre.curl")) {
  const command = block.textContent;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(block);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  block.previousElementSibling.append(" ", button);
}
function linked() {
  return document.getElementById(decodeURIComponent(location.hash.slice(1)));
}
// A link to a rule opens it, and whatever it stands in.
function openTarget() {
  const target = linked();
  for (let place = target; place; place = place.parentElement) {
    if (place.tagName === "DETAILS") place.open = true;
  }
  if (target) target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();
