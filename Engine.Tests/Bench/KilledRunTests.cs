using System.Diagnostics;
using System.Globalization;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>
/// Runs in processes of their own that are killed, wherever they are, until one comes to its end. ENGINE_KILLS=30 in the environment kills
/// that many rather than five.
/// </summary>
public sealed class KilledRunTests : IDisposable
{
    private const string Small = "--grid 4 --step-limit 9 --envs 2 --rollout 3 --log-every 7 --threads 1";
    private const string Snake = $"snake {Small} --method 2 --anneal false --points 0 --seeds 2";
    private const string Table = $"table1 {Small} --methods 0,2 --seeds 1 --points 2 --replicates 2 --frames 150";

    private static readonly int s_kills
        = int.TryParse(Environment.GetEnvironmentVariable("ENGINE_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 5;

    private readonly TemporaryFolder _temporary = new();
    private readonly Random _random = new(7);

    public void Dispose() => _temporary.Dispose();

    // Begun, made longer, and forked: what is there in the end is what a run that nobody disturbed has written.
    [Fact]
    public void NothingIsLostOrDifferent()
    {
        string run = At("run"), whole = At("whole"), fork = At("fork"), wholeFork = At("whole-fork");
        KillOften($"{Snake} --frames 300 --out {run} --resume", run);
        KillOften($"snake --resume --frames 600 --out {run}", run);
        TrainedFolder.Run($"{Snake} --frames 600 --out {whole}");
        TrainedFolder.AssertSame(whole, run);
        KillOften($"snake --fork {run} --method 1-mix --frames 900 --out {fork} --resume", fork);
        TrainedFolder.Run($"snake --fork {run} --method 1-mix --frames 900 --out {wholeFork}");
        TrainedFolder.AssertSame(wholeFork, fork);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(At(""), "*", SearchOption.AllDirectories), path => path.EndsWith(".tmp") || path.EndsWith(".lock"));
    }

    [Fact]
    public void NorOfATable()
    {
        KillOften($"{Table} --out {At("table")} --resume", At("table"));
        TrainedFolder.Run($"{Table} --out {At("whole")}");
        TrainedFolder.AssertSame(At("whole"), At("table"));
    }

    // Its jobs, too, all at once, as when the machine goes down.
    [Fact]
    public void NorOfASweep()
    {
        File.WriteAllText(
            At("s.yaml"),
            "settings: {env: snake, grid: 4, step-limit: 9, envs: 2, rollout: 3, log-every: 7, threads: 1, points: 0, frames: 150}\n"
                + "grid: {method: [0, 2]}\n");
        KillOften($"sweep {At("s.yaml")} --parallel 2 --out {At("sweep")} --resume", At("sweep"), "sweep.json");
        foreach (string method in (string[])["0", "2"])
        {
            TrainedFolder.Run($"train {Small} --env snake --method {method} --points 0 --frames 150 --out {At(method)}");
            TrainedFolder.AssertSame(At(method), At($"sweep/jobs/method={method},seed=0"));
        }
    }

    // There is a file before it is locked.
    private static bool IsSigned(string file) => new FileInfo(file) is { Exists: true, Length: > 0 };

    // A fifth of all kills, and then the end. Whatever comes to its end before it is killed begins again where it did.
    private void KillOften(string line, string folder, string sign = "run.lock")
    {
        bool isSweep = sign != "run.lock";
        string beginning = $"{folder}-as-it-began";
        if (Directory.Exists(folder))
            TrainedFolder.Copy(folder, beginning);
        for (int killed = 0; killed < Math.Max(1, s_kills / 5);)
        {
            // What a process left that was killed: the next one makes it anew when it has begun.
            string held = Path.Combine(folder, sign);
            if (Directory.Exists(folder) && !isSweep)
                File.Delete(held);
            using var process = Start(line);

            // Some die before they have done anything.
            var patience = TimeSpan.FromMilliseconds(killed % 5 == 4 ? _random.Next(300) : 60_000);
            for (long began = Stopwatch.GetTimestamp(); !process.HasExited && !IsSigned(held); Thread.Sleep(1))
            {
                if (Stopwatch.GetElapsedTime(began) > patience)
                    break;
            }

            if (killed == 0 && !isSweep && !OperatingSystem.IsWindows())
            {
                // Stopped, it can't come to its end while another one asks for its folder.
                Signal(process, "-STOP");
                if (!process.HasExited)
                {
                    string taken = TrainedFolder.Try($"{line} --quiet").Error;
                    Assert.StartsWith($"{folder} is in use by another run: wait until it ends, or name another folder", taken);
                }

                Signal(process, "-CONT");
            }

            WaitForUpdates(process, folder, _random.Next(12));
            Thread.Sleep(_random.Next(20));
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            while (Directory.Exists(folder) && Locks(folder).Any(RunLock.IsHeld))
                Thread.Sleep(1);
            TestContext.Current.TestOutputHelper?.WriteLine($"{process.ExitCode} after updates {string.Join(", ", Updates(folder))}");
            if (process.ExitCode != ExitCodes.Ok)
            {
                Assert.True(process.ExitCode is 137 or -1, process.StandardError.ReadToEnd());
                killed++;
                continue;
            }

            Directory.Delete(folder, recursive: true);
            if (Directory.Exists(beginning))
                TrainedFolder.Copy(beginning, folder);
        }

        TrainedFolder.Run(line);
        if (Directory.Exists(beginning))
            Directory.Delete(beginning, recursive: true);
    }

    private static IEnumerable<string> Locks(string folder)
        => Directory.EnumerateFiles(folder, RunLock.Name, SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!);

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill {signal} {process.Id}")]);
        kill.WaitForExit();
    }

    // A checkpoint follows each update.
    private static void WaitForUpdates(Process process, string folder, int updates)
    {
        var before = Written();
        for (int seen = 0; seen < updates && !process.HasExited; Thread.Sleep(1))
        {
            var now = Written();
            (seen, before) = (now == before ? seen : seen + 1, now);
        }

        DateTime Written()
            => Checkpoints(folder).Select(File.GetLastWriteTimeUtc).DefaultIfEmpty().Max();
    }

    private static Process Start(string line)
    {
        string program = Path.ChangeExtension(typeof(Program).Assembly.Location, null);
        var start = new ProcessStartInfo("dotnet", [program + ".dll", .. line.Split(' '), "--quiet"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ENGINE_CHECKPOINT_SECONDS"] = "0" },
        };
        return Process.Start(start)!;
    }

    private static IEnumerable<int> Updates(string folder)
        => Checkpoints(folder).Order().Select(checkpoint => AgentFolder.Load(checkpoint).Snapshot.Iteration);

    private static IEnumerable<string> Checkpoints(string folder)
        => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, RunFolder.Checkpoint, SearchOption.AllDirectories) : [];

    private string At(string name) => _temporary.At(name);
}
