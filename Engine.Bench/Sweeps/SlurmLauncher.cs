using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Engine.Bench.Output;

namespace Engine.Bench.Sweeps;

/// <summary>Submits jobs to Slurm as one job array, see sbatch(1).</summary>
/// <param name="sweep">The sweep.</param>
/// <param name="folder">Its folder.</param>
internal sealed class SlurmLauncher(Sweep sweep, SweepFolder folder)
{
    /// <summary>The script that is submitted.</summary>
    public string Script => Path.Combine(folder.Location, "sweep.sbatch");

    /// <summary>Makes sure that there is a Slurm to submit to, before anything is written.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public static void RequireHere() => Sbatch("--version");

    /// <summary>Submits jobs.</summary>
    /// <param name="jobs">Which.</param>
    /// <param name="parallel">How many may run at the same time; 0 for as many as the cluster has room for.</param>
    /// <param name="options">More options for sbatch.</param>
    /// <returns>The number of the array.</returns>
    /// <exception cref="UserError">It can't be submitted.</exception>
    public string Submit(IReadOnlyList<SweepJob> jobs, int parallel, IReadOnlyList<string> options)
    {
        Directory.CreateDirectory(Path.Combine(folder.Location, "logs"));
        UserFile.Write(Script, "--out", Encoding.UTF8.GetBytes(Text()));
        string numbers = string.Join(
            ',', jobs.Select(job => sweep.Jobs.ToList().IndexOf(job).ToString(CultureInfo.InvariantCulture)));
        string atOnce = parallel > 0 ? string.Create(CultureInfo.InvariantCulture, $"%{parallel}") : "";
        return Sbatch(["--parsable", $"--array={numbers}{atOnce}", .. options, Script]).Split(';')[0];
    }

    private static string Sbatch(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("sbatch", arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var complaint = process.StandardError.ReadToEndAsync();
            string said = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0
                ? said
                : throw new UserError($"sbatch {string.Join(' ', arguments)}: {complaint.Result.ReplaceLineEndings(" ").Trim()}");
        }
        catch (Win32Exception)
        {
            throw new UserError("--launcher slurm: there is no sbatch here; submit where there is one, or use --launcher print.");
        }
    }

    // A job that is asked to stop, because its time is up or others need the machine, writes its checkpoint, ends with 130 and goes back
    // into the queue.
    private string Text() => $$"""
        #!/bin/bash
        #SBATCH --job-name=engine-sweep
        #SBATCH --output={{Path.Combine(folder.Location, "logs")}}/%a.log
        #SBATCH --open-mode=append
        #SBATCH --requeue
        #SBATCH --signal=TERM@60
        jobs=(
        {{string.Join('\n', sweep.Jobs.Select(job => Quoted(string.Join(' ', Line(job).Select(Quoted)))))}}
        )
        srun bash -c "exec ${jobs[$SLURM_ARRAY_TASK_ID]}"
        code=$?
        if [ $code -eq {{ExitCodes.Interrupted}} ]; then
          scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
        fi
        exit $code

        """;

    private IEnumerable<string> Line(SweepJob job) => [.. EngineProcess.Self, .. folder.CommandOf(sweep, job), "--quiet"];

    /// <summary>A word as a shell takes it for one.</summary>
    public static string Quoted(string word)
        => word.Length > 0 && word.All(character => char.IsAsciiLetterOrDigit(character) || "/._+-=,:@%".Contains(character))
            ? word
            : $"'{word.Replace("'", "'\\''")}'";
}
