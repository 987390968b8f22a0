using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>Sweeps on a real Slurm, where there is one: .ci/slurm starts one for these.</summary>
public sealed class SlurmTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    // One job is asked to stop, as one that others take the place of, and goes back into the queue; one is killed.
    [Fact]
    public void APreemptedAndAKilledJobGoOn()
    {
        Assert.SkipWhen(Said("sinfo", "--noheader") is null, "There is no Slurm here: no job array is submitted.");
        File.WriteAllText(At("s.yaml"), """
            settings: {env: snake, grid: 4, method: 0, frames: 500k, envs: 4, rollout: 5, points: 0, threads: 1, log-every: 100}
            grid: {gamma: [0.9, 0.99]}
            seeds: 2
            """);
        Run($"sweep {At("s.yaml")} --quiet --parallel 2 --out {At("here")}");
        string submitted = Run($"sweep {At("s.yaml")} --launcher slurm --parallel 2 --sbatch comment=test --out {At("there")}");
        string array = submitted.Split("as array ")[1].Split(';')[0];
        Assert.Equal("test", Said("squeue", "--noheader", "--format=%k")!.Split('\n')[0].Trim());
        int? holder = null;
        WaitFor(() => HolderOf("gamma=0.9,seed=0") is not null && (holder = HolderOf("gamma=0.9,seed=1")) is not null);
        Assert.Contains("| gamma=0.9  |    0 |       2 |", Run($"sweep status {At("there")}"));
        Process.GetProcessById(holder!.Value).Kill();

        // It may take its time, and is done long before it says so.
        using var asked = Process.Start("scancel", ["--signal=TERM", $"{array}_0"]);

        // A job that goes back into the queue has to wait for two minutes there, but for this.
        WaitFor(() => Said("squeue", "--noheader", "--states=PD", "--format=%i %r")!.Contains($"{array}_0 BeginTime"));
        Said("scontrol", "update", $"JobId={array}_0", "StartTime=now");
        WaitFor(() => Said("squeue", "--noheader")!.Trim().Length == 0);
        Assert.Contains("| gamma=0.9  |    1 |       0 |       1 |", Run($"sweep status {At("there")}"));

        Run($"sweep {At("s.yaml")} --resume --launcher slurm --out {At("there")}");
        WaitFor(() => Said("squeue", "--noheader")!.Trim().Length == 0);
        Run($"sweep collect {At("here")}");
        Run($"sweep collect {At("there")}");
        Assert.Equal(File.ReadAllText(At("here/collected.csv")), File.ReadAllText(At("there/collected.csv")));
        Assert.StartsWith("4 of 4 jobs are complete", Run($"sweep {At("s.yaml")} --resume --launcher slurm --out {At("there")}"));
    }

    [Fact]
    public void WhatSlurmRefusesIsNamed()
    {
        Assert.SkipWhen(Said("sinfo", "--noheader") is null, "There is no Slurm here: no job array is submitted.");
        File.WriteAllText(At("s.yaml"), "settings: {frames: 1k}");
        var (code, _, error) = TrainedFolder.Try($"sweep {At("s.yaml")} --launcher slurm --sbatch partition=none --out {At("a")}");
        Assert.Equal(ExitCodes.UserError, code);
        Assert.Contains("invalid partition", error);
    }

    // What a program prints; null if it is not there or fails.
    private static string? Said(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? said : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static void WaitFor(Func<bool> isSo)
    {
        var limit = Stopwatch.StartNew();
        while (!isSo())
        {
            Assert.True(limit.Elapsed < TimeSpan.FromMinutes(5), Said("squeue"));
            Thread.Sleep(200);
        }
    }

    private static string Run(string line)
    {
        var (code, output, error) = TrainedFolder.Try(line);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        return output;
    }

    // The process that has a job's folder, once it has trained a little; null if none has.
    private int? HolderOf(string job)
    {
        string run = At($"there/jobs/{job}");
        bool hasBegun = File.Exists($"{run}/run.lock")
            && Directory.GetFiles(run, "metrics.csv", SearchOption.AllDirectories).Any(file => new FileInfo(file).Length > 1000);

        // .NET itself would not open what is locked.
        return hasBegun && int.TryParse(Said("cat", $"{run}/run.lock"), CultureInfo.InvariantCulture, out int holder) ? holder : null;
    }

    private string At(string name) => _temporary.At(name);
}
