using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Engine.Bench.Output;
using static System.FormattableString;

namespace Engine.Bench.Sweeps;

/// <summary>Submits jobs to Slurm as a job array, or several if there are many, see sbatch(1).</summary>
/// <param name="sweep">The sweep.</param>
/// <param name="folder">Its folder.</param>
internal sealed class SlurmLauncher(Sweep sweep, SweepFolder folder)
{
    // Slurm's own limit, unless a cluster has another.
    private const int LargestArray = 1000;

    /// <summary>The script that is submitted, of the last array.</summary>
    public string Script => Path.Combine(folder.Location, "sweep.sbatch");

    private string Arrays => Path.Combine(folder.Location, "logs", "arrays.txt");

    /// <summary>Makes sure that there is a Slurm to submit to, before anything is written.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public static void RequireHere() => Said("sbatch", "--version");

    /// <summary>Submits jobs, but for those that an earlier array still has.</summary>
    /// <param name="jobs">Which.</param>
    /// <param name="parallel">How many of an array may run at the same time; 0 for as many as the cluster has room for.</param>
    /// <param name="options">More options for sbatch.</param>
    /// <returns>How many were submitted, and the numbers of the arrays.</returns>
    /// <exception cref="UserError">They can't be submitted.</exception>
    public (int Jobs, IReadOnlyList<string> Arrays) Submit(IReadOnlyList<SweepJob> jobs, int parallel, IReadOnlyList<string> options)
    {
        var queued = Queued();
        SweepJob[] others = [.. jobs.Where(job => !queued.Contains(job.Name))];
        return (others.Length, [.. others.Chunk(LargestArray).Select(chunk => Submit(chunk, parallel, options))]);
    }

    private string Submit(SweepJob[] jobs, int parallel, IReadOnlyList<string> options)
    {
        UserFile.Write(Script, "--out", Encoding.UTF8.GetBytes(Text(jobs)));
        string atOnce = parallel > 0 ? Invariant($"%{parallel}") : "";
        string log = Path.Combine(folder.Location.Replace("%", "%%"), "logs", "%A_%a.log");
        string numbers = Invariant($"--array=0-{jobs.Length - 1}{atOnce}");
        string array = Said("sbatch", ["--parsable", numbers, $"--output={log}", .. options, Script]).Split(';')[0];
        File.AppendAllLines(Arrays, jobs.Select((job, i) => Invariant($"{array}_{i} {job.Name}")));
        return array;
    }

    // The names of the jobs that earlier arrays still have to run.
    private HashSet<string> Queued()
    {
        if (!File.Exists(Arrays))
            return [];
        var waiting = Said("squeue", "--noheader", "--array", "--format=%i").Split('\n', StringSplitOptions.TrimEntries).ToHashSet();
        var submitted = File.ReadAllLines(Arrays).Select(line => line.Split(' ', 2));
        return [.. submitted.Where(job => waiting.Contains(job[0])).Select(job => job[1])];
    }

    private static string Said(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var complaint = process.StandardError.ReadToEndAsync();
            string said = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0
                ? said
                : throw new UserError($"{program} refuses: {complaint.Result.ReplaceLineEndings(" ").Trim()}");
        }
        catch (Win32Exception)
        {
            throw new UserError("--launcher slurm: there is no sbatch here; submit where there is one, or use --launcher print.");
        }
    }

    // A job that is asked to stop, because its time is up or others need the machine, writes its checkpoint, ends with 130 and goes back
    // into the queue.
    private string Text(SweepJob[] array) => $$"""
        #!/bin/bash
        #SBATCH --job-name=engine-sweep
        #SBATCH --open-mode=append
        #SBATCH --requeue
        #SBATCH --signal=TERM@60
        jobs=(
        {{string.Join('\n', array.Select(job => Quoted(string.Join(' ', Line(job).Select(Quoted)))))}}
        )
        export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}
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
