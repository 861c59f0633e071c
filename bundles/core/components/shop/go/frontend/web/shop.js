"use strict";

const part = (id) => document.getElementById(id);
const names = new Map();

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
}

async function ask(path, options) {
  const response = await fetch(path, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  return body;
}

function showOrders({count, latest, served_by, version}) {
  part("count").textContent = `· ${count} so far`;
  part("orders").replaceChildren(...latest.map((order) => {
    const line = document.createElement("li");
    const placed = element("time", new Date(order.placed).toLocaleString(), {dateTime: order.placed});
    line.append(element("span", `#${order.number}`), element("span", `${order.quantity} × ${names.get(order.product) ?? order.product}`), placed);
    return line;
  }));
  part("message").textContent = count ? "" : "None yet. Buy something.";
  part("served").textContent = `Served by ${served_by}, version ${version}`;
}

async function buy(product, button) {
  button.disabled = true;
  try {
    const headers = {"Content-Type": "application/json"};
    await ask("/api/orders", {method: "POST", headers, body: JSON.stringify({product, quantity: 1})});
    showOrders(await ask("/api/orders"));
  } catch (error) {
    part("message").textContent = `Not ordered: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

async function start() {
  try {
    const products = await ask("/api/products");
    part("products").replaceChildren(...products.map(({id, name, price}) => {
      names.set(id, name);
      const card = document.createElement("article");
      card.className = "product";
      const button = element("button", "Buy");
      button.ariaLabel = `Buy ${name}`;
      button.addEventListener("click", () => buy(id, button));
      card.append(element("h3", name), element("p", (price / 100).toFixed(2)), button);
      return card;
    }));
    showOrders(await ask("/api/orders"));
  } catch (error) {
    part("message").textContent = `The shop is closed: ${error.message}`;
  }
}

start();
