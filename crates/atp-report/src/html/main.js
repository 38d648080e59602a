// Everything, in the order in which it is read.
function drawFoot() {
  const { dropped } = data.messages;
  document.getElementById("foot").append(
    dropped ? el("p", {}, `${count(dropped, "message")} left out of this page because there were too many; the JSON report has all.`) : "",
    el("p", {}, `${count(data.summary.total, "test")}, ${count(runCount, "run")}, ${count(sumOf(runs.test.keys(), runs.events), "event")}. This page loads nothing and sends nothing.`));
}

for (const draw of [drawHead, drawFailures, drawTimeline, drawPhases, drawLatency, drawCurves, drawTests, drawFoot]) draw();
document.documentElement.dataset.ready = "yes";
