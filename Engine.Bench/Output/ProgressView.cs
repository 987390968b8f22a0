using Spectre.Console;

namespace Engine.Bench.Output;

/// <summary>Progress in a terminal: drawn anew several times a second, on a task of its own.</summary>
internal sealed class ProgressView(IAnsiConsole console, TimeProvider clock) : IProgressDisplay
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly ProgressParts _parts = new(clock);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _display;

    public void Expect(string part, int done, int total, double cost)
    {
        lock (_lock)
            _parts.Expect(part, done, total, cost);
    }

    public void Report(string part, int done, int total, IReadOnlyList<(string Name, double Value)> values)
    {
        lock (_lock)
        {
            _parts.Report(part, done, total, values);

            // Not before there is something to show: work that fails at once leaves no empty line.
            if (!_end.Task.IsCompleted)
                _display ??= Task.Run(Show);
        }
    }

    public void Dispose()
    {
        _end.TrySetResult();
        Task? display;
        lock (_lock)
            display = _display;
        display?.GetAwaiter().GetResult();
    }

    private Task Show()
        => console.Live(new Text("")).Overflow(VerticalOverflow.Crop).StartAsync(async context =>
        {
            while (!_end.Task.IsCompleted)
            {
                Draw(context);
                await Task.WhenAny(_end.Task, Task.Delay(s_interval)).ConfigureAwait(false);
            }

            Draw(context);
        });

    private void Draw(LiveDisplayContext context)
    {
        lock (_lock)
            context.UpdateTarget(ProgressTable.Draw(_parts.All, _parts.Summary, console.Profile.Width, console.Profile.Height));
    }
}
