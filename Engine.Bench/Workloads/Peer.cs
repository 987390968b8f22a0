using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Engine.Bench.Output;

namespace Engine.Bench.Workloads;

/// <summary>
/// Another engine's program for the same workloads: it takes --only, --repeats, --threads, where that is not the processor --device, and
/// for a workload that trains --agents; it prints a line of JSON with median_ms, or with an error that says why the workload failed.
/// </summary>
/// <param name="command">The program with its first arguments, separated by blanks.</param>
/// <param name="agents">Agents that learn as one batch, where a workload is training.</param>
internal sealed class Peer(string command, int agents = 1)
{
    /// <summary>Whether peers call this device, other than the processor, by the same name.</summary>
    public static bool Knows(string device) => device.StartsWith("cuda:", StringComparison.Ordinal);

    /// <summary>
    /// The peer's time for a workload; null if it prints nothing, since it does not have that workload.
    /// </summary>
    /// <param name="workload">The workload.</param>
    /// <param name="repeats">Timed calls.</param>
    /// <param name="threads">Threads of the processor.</param>
    /// <param name="device">"cpu", or a device that it <see cref="Knows"/>.</param>
    /// <exception cref="UserError">The program can't be run, or prints something else.</exception>
    public PeerTime? Time(string workload, int repeats, int threads, string device)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
            throw new UserError("--peer is empty: name a program, such as 'python3 Engine.Bench/Peers/torch_peer.py'.");
        var start = new ProcessStartInfo(words[0]) { RedirectStandardOutput = true };
        string[] options =
        [
            "--only", workload, "--repeats", Text(repeats), "--threads", Text(threads),
            .. device == "cpu" ? [] : (string[])["--device", device],
            .. workload.StartsWith(Workload.Training, StringComparison.Ordinal) ? (string[])["--agents", Text(agents)] : [],
        ];
        foreach (string argument in words[1..].Concat(options))
            start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0 && string.IsNullOrWhiteSpace(output))
                return null;
            using var line = JsonDocument.Parse(output);
            return line.RootElement.TryGetProperty("error", out var error)
                ? new PeerTime(double.NaN, error.GetString() ?? "no reason given")
                : new PeerTime(line.RootElement.GetProperty("median_ms").GetDouble());
        }
        catch (Exception e) when (e is Win32Exception or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new UserError($"--peer '{command}' did not print a time for {workload}: {e.Message}");
        }

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>A peer's time for a workload.</summary>
/// <param name="Median">The median in milliseconds; NaN where the workload failed.</param>
/// <param name="Error">Why it failed, in the peer's words; null if it did not.</param>
internal sealed record PeerTime(double Median, string? Error = null);
