using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;
using Engine.Bench.Output;

namespace Engine.Bench.Sweeps;

/// <summary>Runs jobs on this machine, each in a process of its own, some at the same time.</summary>
/// <param name="sweep">The sweep.</param>
/// <param name="folder">Its folder.</param>
/// <param name="parallel">How many run at the same time; they share the processor's cores.</param>
internal sealed partial class LocalLauncher(Sweep sweep, SweepFolder folder, int parallel)
{
    /// <summary>Runs jobs to their end.</summary>
    /// <param name="jobs">Which.</param>
    /// <param name="progress">What shows progress.</param>
    /// <param name="cancel">Asks to stop: jobs write their checkpoints.</param>
    /// <returns>Jobs that failed, each with the first line that it said.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<(SweepJob Job, string Why)> Run(
        IReadOnlyList<SweepJob> jobs, IProgressDisplay progress, CancellationToken cancel)
    {
        foreach (var job in jobs)
            progress.Expect(job.Name, 0, 1);
        var waiting = new ConcurrentQueue<SweepJob>(jobs);
        var failed = new ConcurrentQueue<(SweepJob Job, string Why)>();
        int atOnce = Math.Min(parallel, jobs.Count);
        int threads = Math.Max(1, Environment.ProcessorCount / Math.Max(1, atOnce));
        Thread[] workers = [.. Enumerable.Range(0, atOnce).Select(_ => new Thread(Work))];
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        cancel.ThrowIfCancellationRequested();
        return [.. jobs.SelectMany(job => failed.Where(failure => failure.Job == job))];

        void Work()
        {
            while (!cancel.IsCancellationRequested && waiting.TryDequeue(out var job))
            {
                try
                {
                    if (Run(job, threads, progress, cancel) is { } why)
                        failed.Enqueue((job, why));
                }
                catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
                {
                    failed.Enqueue((job, e.Message));
                }
            }
        }
    }

    // What went wrong; null if nothing did, or the job was stopped.
    private string? Run(SweepJob job, int threads, IProgressDisplay progress, CancellationToken cancel)
    {
        string[] own = job.Settings.ContainsKey("threads") ? [] : ["--threads", threads.ToString(CultureInfo.InvariantCulture)];
        using var process = EngineProcess.Start([.. folder.CommandOf(sweep, job), .. own]);
        using var stop = cancel.Register(() => EngineProcess.Stop(process));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        process.StandardInput.Close();
        var said = new List<string>();
        while (process.StandardError.ReadLine() is { } line)
        {
            if (Steps().Match(line) is { Success: true } steps
                && int.TryParse(steps.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int done)
                && int.TryParse(steps.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int total))
            {
                progress.Report(job.Name, done, total);
            }
            else
            {
                said.Add(line);
            }
        }

        process.WaitForExit();
        File.WriteAllText(folder.LogOf(job), output.Result + string.Join(Environment.NewLine, said));
        if (process.ExitCode == ExitCodes.Ok)
            progress.Report(job.Name, 1, 1);
        return process.ExitCode == ExitCodes.Ok || cancel.IsCancellationRequested ? null
            : said.Count > 0 ? said[0]
            : FormattableString.Invariant($"it ended with exit code {process.ExitCode}");
    }

    // A line of progress, see ProgressLines.
    [GeneratedRegex(@"^\S.*?  (\d+)/(\d+)(  |$)")]
    private static partial Regex Steps();
}
