// For the tests alone: offers a task for cargo as rust-analyzer does, a program and its arguments for a shell.
const vscode = require('vscode');

exports.activate = (context) => {
  const provideTasks = () =>
    vscode.workspace.workspaceFolders.map((folder) => {
      const [command, ...args] = ['run', '--', 'a $HOME b'];
      const execution = new vscode.ShellExecution('cargo', [command, ...args], {
        cwd: folder.uri.fsPath,
        env: { PATH: `${folder.uri.fsPath}/bin:${process.env.PATH}` },
      });
      return new vscode.Task({ type: 'cargo', command, args }, folder, 'cargo run', 'rust', execution, ['$rustc']);
    });
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider('cargo', { provideTasks, resolveTask: () => undefined }),
  );
};
