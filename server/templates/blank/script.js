const button = document.querySelector("#count");
let count = 0;

button.addEventListener("click", () => {
  count += 1;
  button.textContent = count === 1 ? "Pressed once" : `Pressed ${count} times`;
});
