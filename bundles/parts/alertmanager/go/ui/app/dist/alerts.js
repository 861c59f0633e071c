// Shows what Alertmanager's own interface (api/v2) tells, and asks again every 15 seconds.
"use strict";

function row(table, cells) {
  const line = document.createElement("tr");
  for (const [text, kind] of cells) {
    const cell = document.createElement("td");
    cell.textContent = text;
    cell.className = kind || "";
    line.append(cell);
  }
  table.tBodies[0].append(line);
}

function fill(table, rows) {
  table.tBodies[0].replaceChildren();
  table.hidden = rows.length === 0;
  rows.forEach((cells) => row(table, cells));
}

function advice({summary, description, runbook}) {
  return [summary || description || "", runbook].filter(Boolean).join("\n");
}

function when(text) {
  return new Date(text).toLocaleString();
}

async function ask(what) {
  const answer = await fetch(`api/v2/${what}`);
  if (!answer.ok) throw new Error(`${what}: ${answer.status}`);
  return answer.json();
}

async function show() {
  const state = document.getElementById("state");
  try {
    const [alerts, silences] = await Promise.all([ask("alerts"), ask("silences")]);
    const standing = silences.filter((each) => each.status.state === "active");
    fill(document.getElementById("alerts"), alerts.map((each) => [
      [each.labels.alertname || ""], [each.labels.severity || "", each.labels.severity], [each.labels.cluster || ""],
      [when(each.startsAt)], [advice(each.annotations), "advice"], [each.status.state],
    ]));
    fill(document.getElementById("silences"), standing.map((each) => [
      [each.matchers.map((one) => `${one.name}=${one.value}`).join(", ")], [when(each.endsAt)], [each.createdBy],
      [each.comment],
    ]));
    document.getElementById("quiet").hidden = standing.length > 0;
    state.textContent = alerts.length ? `${alerts.length} standing, at ${when(new Date())}` : `none, at ${when(new Date())}`;
  } catch (error) {
    state.textContent = `cannot be asked: ${error.message}`;
  }
}

show();
setInterval(show, 15000);
