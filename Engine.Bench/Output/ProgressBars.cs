using Spectre.Console;
using Spectre.Console.Rendering;

namespace Engine.Bench.Output;

/// <summary>Progress in a terminal: a bar for every label.</summary>
internal sealed class ProgressBars : IProgressDisplay
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (ProgressTask Task, Pace Pace)> _labels = [];
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ProgressContext> _begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _display;

    public ProgressBars(IAnsiConsole console)
        => _display = console.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 30 },
                new PaceColumn(0, 5),
                new PaceColumn(1, 10),
                new PaceColumn(2, 15))
            .StartAsync(async context =>
            {
                _begin.SetResult(context);
                await _end.Task.ConfigureAwait(false);
            });

    public void Report(string label, long done, long total)
    {
        lock (_lock)
        {
            if (!_labels.TryGetValue(label, out var entry))
            {
                var context = _begin.Task.GetAwaiter().GetResult();
                entry = _labels[label] = (context.AddTask(Markup.Escape(label)), new Pace(TimeProvider.System, done));
            }

            entry.Pace.Update(done, total);
            entry.Task.MaxValue = Math.Max(1, total);
            entry.Task.Value = total <= 0 ? 1 : done;
            entry.Task.Tag = new[] { entry.Pace.Percent, entry.Pace.Speed, entry.Pace.Remaining };
        }
    }

    public void Dispose()
    {
        _end.TrySetResult();
        _display.GetAwaiter().GetResult();
    }

    // The display draws on a thread of its own and sees the texts of the last report.
    private sealed class PaceColumn(int part, int width) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
            => new Text(task.Tag is string[] parts ? parts[part] : "").RightJustified();

        public override int? GetColumnWidth(RenderOptions options) => width;
    }
}
